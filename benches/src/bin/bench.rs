//! `make bench`: every figure of speed and size, with its bar.
//!
//! `bench [--short] [PART…]`: parts are `queue`, `path`, `latency`, `embedded`, `telemetry`, `lease`, `tenant`, `workers`, `schedules`,
//! `findings`, `deliveries`, `size`; all without.

#![allow(clippy::print_stdout, reason = "prints a table for a person")]

use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

use checkmate_benches::disk::Disk;
use checkmate_benches::servers::Servers;
use checkmate_benches::table::{Row, Table};
use checkmate_benches::turns::Size;
use checkmate_benches::{
    deliveries, findings, latency, lease, queue_alone, schedules, size, telemetry, tenant, whole_path,
    workers,
};

const PARTS: [&str; 12] = [
    "queue",
    "path",
    "latency",
    "embedded",
    "telemetry",
    "lease",
    "tenant",
    "workers",
    "schedules",
    "findings",
    "deliveries",
    "size",
];

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> anyhow::Result<ExitCode> {
    // As the program itself runs.
    checkmate::runtime()?.block_on(bench())
}

async fn bench() -> anyhow::Result<ExitCode> {
    checkmate::wiring::tls::install_provider();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let short = arguments.iter().any(|word| word == "--short");
    let wanted: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| *word != "--short").collect();
    if let Some(word) = wanted.iter().find(|word| !PARTS.contains(word)) {
        anyhow::bail!("'{word}' is no part: bench [--short] [{}]", PARTS.join("] ["));
    }
    let size = Size { short };
    let servers = Servers::start().await?;
    let mut table = Table { rows: Vec::new(), judged: !short };
    let wanted = if wanted.is_empty() { PARTS.to_vec() } else { wanted };
    let mut disk = Disk::default();
    disk.probe(size)?;
    for part in wanted {
        eprintln!("bench: {part}");
        table.rows.extend(measure(part, &servers, size).await?);
        disk.probe(size)?;
    }
    table.rows.push(disk.row());
    println!("{table}");
    if short {
        println!("short form: it runs; the figures say nothing");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} of {} bars missed", table.missed(), table.bars());
    Ok(if table.missed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn measure(part: &str, servers: &Servers, size: Size) -> anyhow::Result<Vec<Row>> {
    match part {
        "queue" => queue_alone::measure(servers, size).await,
        "path" => whole_path::measure(servers, size).await,
        "latency" => latency::measure(servers, size).await,
        "embedded" => whole_path::embedded(size).await,
        "telemetry" => telemetry::measure(size).await,
        "lease" => lease::measure(size).await,
        "tenant" => tenant::measure(size).await,
        "workers" => workers::measure(servers, size).await,
        "schedules" => schedules::measure(servers, size).await,
        "deliveries" => deliveries::measure(size).await,
        "findings" => findings::measure(servers, size).await,
        _ => size::measure(servers, size).await,
    }
}
