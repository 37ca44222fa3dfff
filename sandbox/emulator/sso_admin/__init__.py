"""IAM Identity Center: its administration (`sso-admin`), and the portal where its people get credentials (`sso`).

It is off until `POST /_sandbox/identity-center` turns it on: nobody can by AWS's API, for a whole organization.
`roles` is what it makes in accounts.
"""
