"""Book, confirm, cancel: one sitting in time."""
