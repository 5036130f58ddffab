-- The columns of the metrics, in the order of METRICS.
due, oldest_due, scheduled, in_progress, stuck, failed, dead, died_last_hour, throughput, workers, last_beat
