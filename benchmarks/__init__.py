"""Speed against peers, in one run. Nothing here is imported by the product."""
