-- Records a scan and its discover job unless the scan is there.
-- ARGV: scan, discover job, then pairs of fields for the scan.
return create(ARGV[2], ARGV[3], 4)
