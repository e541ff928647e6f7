-- Without a privilege on the partition itself it is reached through its parent only.
CREATE TABLE events_later PARTITION OF events FOR VALUES FROM ('2040-01-01') TO ('2050-01-01');
