"""Account vending: an issue's form asks for an account, and its text becomes the account's file.

`rules` is what an environment's files allow, `form` what is asked, `request` what was answered, `command` the answer.
"""
