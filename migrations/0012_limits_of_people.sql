-- Tokens that may be computed for one person in a day. Absent: as many as the server's setting says;
-- 0: without a limit.
alter table user add column tokens_per_day integer;

-- From now on `usage_day.day` counts days of the server's time zone; it counted days UTC before.
