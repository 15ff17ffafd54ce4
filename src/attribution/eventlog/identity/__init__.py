"""Who is one customer: links between identifiers, the persons that they make, and the log of these."""
