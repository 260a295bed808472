"""What the tools report back: their words put into the raw table `message_events`, kept in the state folder.

One file a vendor says what its words mean (klaviyo.py over its API; sendgrid.py, customerio.py and braze.py from files
its webhook left in a folder); people.py finds who it was, landing.py keeps it, and pull.py is the verb.
"""
