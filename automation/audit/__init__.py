"""`invoke audit`: whether the management account and the member accounts are as AWS's best practices say.

`reader` asks AWS, `facts` are what the controls judge, and each control is a function from facts to a verdict:
`organization`, `management` and `members` have them. `command` runs and shows them, and `root_credentials` is the one
fix that needs a session of its own. What is asked is in `reading.json`, a policy for whoever runs it.
"""
