"""A believable clinic to try Meridian with, made through the same actions as everything else. Everybody and everything in it is invented.

One module for each part of it: content first, then the few lines that hand it to the actions. `month` is the only one that thinks.
"""

from app.demo.credentials import Credentials, credentials_path, write_credentials
from app.demo.fill import fill

__all__ = ["Credentials", "credentials_path", "fill", "write_credentials"]
