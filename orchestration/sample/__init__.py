"""The sample shop: generated raw tables that behave like a shop, and the truth they were made from."""
