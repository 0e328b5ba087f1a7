-- Notes when a queue was found missing, by the store's clock. ARGV: queue.
call('HSET', P .. 'queues', ARGV[2], int(now()))
return 1
