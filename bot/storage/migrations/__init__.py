"""Changes of the schema, one file each; :mod:`bot.storage.schema` runs them."""
