"""How clients reach the emulated S3 Control.

AWS's clients put the account's id before the host of the endpoint, and no `123456789012.127.0.0.1` can be resolved. So
the endpoint has a name, which the emulator serves as an HTTP proxy: whoever uses a proxy resolves no name.
"""

HOST = "s3-control.sandbox.test"
"""A name that is in no DNS: https://www.rfc-editor.org/rfc/rfc6761#section-6.2"""

ENDPOINT = f"http://{HOST}"
