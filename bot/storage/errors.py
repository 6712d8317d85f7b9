"""What can be wrong with a database. The docstring of an error is its message.

::

    StorageUnavailable
     ├── AddressNotUnderstood
     ├── FolderNotWritable
     ├── FileInUse
     ├── FileNotADatabase
     ├── ServerUnreachable
     ├── SchemaTooNew
     └── DatabaseFailed
"""

from __future__ import annotations


class StorageUnavailable(Exception):
    """The database cannot be used."""

    def __init__(self, detail: str) -> None:
        """``detail`` follows the sentence: a path, an address without its password, what the database said."""
        sentence = (type(self).__doc__ or "").splitlines()[0].rstrip(".")
        super().__init__(f"{sentence}: {detail}")


class AddressNotUnderstood(StorageUnavailable):
    """DATABASE_URL must look like sqlite:///data/desk.db or postgresql://user@host/name."""


class FolderNotWritable(StorageUnavailable):
    """The folder of the database cannot be written to."""


class FileInUse(StorageUnavailable):
    """Another process already uses this database file; two at once would send everything twice."""


class FileNotADatabase(StorageUnavailable):
    """The file is not a database, or it is damaged."""


class ServerUnreachable(StorageUnavailable):
    """The PostgreSQL server does not let us in."""


class SchemaTooNew(StorageUnavailable):
    """The database was written by a newer version of this program; start that one."""


class DatabaseFailed(StorageUnavailable):
    """The database did not do what it was asked, and nothing of the transaction was kept."""


def reason(error: Exception) -> str:
    """What the database said, on one line, without the statement or the values in it."""
    said = str(getattr(error, "orig", None) or error).strip()
    return said.splitlines()[0] if said else type(error).__name__
