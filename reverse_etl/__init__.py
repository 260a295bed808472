"""How an audience leaves: plan, outbox, delivery, ledger and receipts.

The verbs are in sync.py (plan, apply) and history.py (status, log); loader.py reads sync files.
"""
