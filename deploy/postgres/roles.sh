#!/usr/bin/env bash
# Run once, when the database is made: the three roles with a password each. What
# they may do is granted by the migrations, which find them in place.
set -euo pipefail

psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set batch="$PG_BATCH_PASSWORD" --set speed="$PG_SPEED_PASSWORD" --set serving="$PG_SERVING_PASSWORD" <<'SQL'
CREATE ROLE freshrank_batch LOGIN PASSWORD :'batch';
CREATE ROLE freshrank_speed LOGIN PASSWORD :'speed';
CREATE ROLE freshrank_serving LOGIN PASSWORD :'serving';
SQL
