insert into c select i,1 from generate_series(100000,100010) i; select pg_sleep(0.3);
