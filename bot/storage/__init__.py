"""Rows on disk: the only room that imports sqlmodel, sqlalchemy and alembic.

===============  ======================================================================================
module           holds
===============  ======================================================================================
``rows``         the tables of the bot's own work
``ticket_rows``  the tables of what people answer: members, tickets, questions, proposals
``store``        ``Store``: open, close, ``transaction()``, ``reading()``
``students``     queries about people
``members``      queries about the staff, what they take on, and invitations
``tickets``      queries about tickets, what was written on them, and their cards
``asked``        queries about what students asked the bot
``statistics``   counts of both, for the desk
``proposals``    queries about answers on their way into the FAQ
``calls``        queries about announced calls, and who was told of them
``mailings``     queries about messages to many; ``audiences`` says who gets one
``deadlines``    queries about the days of students' plans
``staff``        queries about what staff are about to do, and did
``updates``      queries about what Telegram sent
``outbox``       queries about what is on its way out
``errors``       ``StorageUnavailable`` and what it can mean, one sentence each
``sqlite``       how SQLite is spoken to: pragmas, the loop's own connection, one process to a file
``commits``      how transactions of SQLite share one COMMIT
``schema``       brings a database to the newest schema
``statements``   the few words in which the two databases differ
``migrations``   one file per change of the schema
===============  ======================================================================================

A query is a function that takes the transaction first and ``now`` where it needs a moment: nothing here reads a clock,
and no SQL asks the database for the time. Every query runs on SQLite and on PostgreSQL.
"""
