"""Attribution models: each reduces journeys to an additive tally, and a tally to Credit."""
