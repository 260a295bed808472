-- Where your tables are: DuckDB statements that run.py executes before the mapping. Keep the ones you need, and name what you
-- attach or define here in the `from` of the <table>.sql files. Relative paths start where you call run.py.

-- A DuckDB file:
--   attach 'warehouse/shop.duckdb' as shop (read_only);

-- A running Postgres (DuckDB fetches its extension once; a dump has to be restored into a Postgres first). The password
-- comes from PGPASSWORD or ~/.pgpass, never from this file:
--   install postgres; load postgres;
--   attach 'host=db.example.com dbname=shop user=reader' as shop (type postgres, read_only);

-- CSV exports; all columns as text, so that a strange value is named by `perennial check` and not lost here:
--   create schema shop;
--   create view shop.orders as from read_csv('exports/orders*.csv', all_varchar = true);

-- Parquet exports:
--   create schema shop;
--   create view shop.orders as from 'exports/orders/*.parquet';
