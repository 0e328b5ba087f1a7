//! Child processes that do not outlive the test.
