"""The mobility desk: a Telegram bot for students who want to go abroad.

Floors, and imports only point down; read them in this order to know the house:

====================  =================================================================================
floor                 rooms
====================  =================================================================================
wiring                ``cli`` (the commands), ``app`` (builds, starts and stops everything), ``config``, ``clock``
edges                 ``transport`` (Telegram), ``scheduler`` (the clock that ticks), ``playground`` (a local Telegram)
what happens          ``desk`` (one method per thing that can happen, one transaction each)
files and rows        ``knowledge`` (what the desk may edit), ``storage`` (tables and named queries)
rules                 ``rules`` (programmes, eligibility, dialogue, messages), ``faq`` (how text is compared)
====================  =================================================================================
"""
