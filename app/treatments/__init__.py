"""What is offered: length, price, phases, buffers, who may book it."""
