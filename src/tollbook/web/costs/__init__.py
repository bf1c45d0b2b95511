"""What calls cost, compared and checked: what has no price, what prices would be, and others' charges beside ours."""
