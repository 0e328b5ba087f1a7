//! `make chaos`: kills everything at random and compares what is left with the model.

use std::process::ExitCode;
use std::time::Duration;

use checkmate_tests::chaos::{Plan, Setting, run};
use checkmate_tests::distributed::Rhythm;
use checkmate_tests::world::Programs;
use checkmate_tests::{sink, table};
use clap::{Args, Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "chaos", about = "Kills roles and servers at random and compares what is left with a model")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run scans under faults.
    Run(RunArgs),
    /// Count datagrams of the scanner; started by `run`.
    Sink,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Where.
    #[arg(long)]
    setting: Setting,
    /// Scan jobs in all, about.
    #[arg(long, default_value_t = 10_000)]
    jobs: u32,
    /// Scans of each of the four exports, one after the other.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// How long a job takes, in milliseconds.
    #[arg(long, default_value_t = 5)]
    sleep_ms: u64,
    /// Faults stop after so many seconds, if the scans are not over before.
    #[arg(long, default_value_t = 900)]
    seconds: u64,
    /// Everything must have ended so many seconds after the faults.
    #[arg(long, default_value_t = 300)]
    settle: u64,
    /// For all that is random; another one each time when not given.
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Sink => verdict(sink::serve().map(|()| true)),
        Command::Run(args) => verdict(start(&args)),
    }
}

fn verdict(passed: anyhow::Result<bool>) -> ExitCode {
    match passed {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("chaos: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(args: &RunArgs) -> anyhow::Result<bool> {
    let seed = args.seed.unwrap_or_else(rand::random);
    eprintln!("chaos: {:?}, about {} jobs; again with --seed {seed}", args.setting, args.jobs);
    let plan = Plan {
        setting: args.setting,
        jobs: args.jobs,
        rounds: args.rounds,
        sleep_ms: args.sleep_ms,
        seed,
        faults: Duration::from_secs(args.seconds),
        settle: Duration::from_secs(args.settle),
        rhythm: Rhythm::of(args.setting),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let programs = Programs::beside_this()?;
        tokio::select! {
            outcome = run(plan, &programs) => outcome,
            _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
        }
    })?;
    print!("{}", table::render(&outcome));
    if let Some(kept) = &outcome.kept {
        println!("  logs and files are kept in {}", kept.display());
    }
    Ok(outcome.passed())
}
