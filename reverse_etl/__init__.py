"""How an audience leaves: plan, outbox, delivery, ledger and receipts."""
