"""What can happen at the desk: load, decide, save, enqueue, in one transaction for each thing.

===============  ================================================================================================
module           holds
===============  ================================================================================================
``arrival``      what arrives from a person
``reception``    the front door: every update comes in here, and is taken to one of the next two
``students``     what students do; ``tickets`` what they do to their tickets
``staff``        takes what staff do to its room: ``calls`` (with ``season``), ``broadcasts``, ``tutoring``,
                 ``members`` (with ``duty``), ``proposals``, ``statistics``
``staffroom``    who is staff, and how they are told what nobody asked for
``cards``        which ticket whom of the staff is shown, and how it stands
``rounds``       what happens to tickets by themselves; ``reminders`` the same for the days of plans
``library``      the knowledge in use; ``publishing`` keeps it in line with what was approved
``mailings``     messages to many, with ``copies`` and ``newsroom``
``outbox``       the one door out
``upkeep``       house-keeping
===============  ================================================================================================
"""
