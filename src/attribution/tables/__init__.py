"""How any table comes in, once: files, frames and streams as typed columns, and what is wrong with them."""
