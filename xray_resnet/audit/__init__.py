"""Which labels are most likely wrong: networks that have not seen the films whose labels they judge."""
