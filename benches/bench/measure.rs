//! Measurement of whole processes in interleaved turns.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::{Result, one};

/// A command line with the exit codes that it may have.
#[derive(Debug, Clone)]
pub struct Program {
    /// The name in the report.
    pub name: String,
    path: PathBuf,
    args: Vec<OsString>,
    env: Vec<(String, OsString)>,
    dir: PathBuf,
    codes: Vec<i32>,
}

impl Program {
    /// Returns a program that must exit with 0.
    pub fn new(name: &str, path: impl Into<PathBuf>, dir: &Path) -> Program {
        Program {
            name: name.to_owned(),
            path: path.into(),
            args: vec![],
            env: vec![],
            dir: dir.to_owned(),
            codes: vec![0],
        }
    }

    /// Adds arguments.
    pub fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Program {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds an environment variable.
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Program {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the working directory.
    pub fn dir(mut self, dir: &Path) -> Program {
        dir.clone_into(&mut self.dir);
        self
    }

    /// Sets the name in the report.
    pub fn named(mut self, name: &str) -> Program {
        name.clone_into(&mut self.name);
        self
    }

    /// Sets the accepted exit codes, because a status other than OK is not 0.
    pub fn codes(mut self, codes: &[i32]) -> Program {
        codes.clone_into(&mut self.codes);
        self
    }

    /// Returns the command without configured streams.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.args(&self.args);
        self.set_environment(&mut command);
        command
    }

    fn set_environment(&self, command: &mut Command) {
        command.env_clear().envs(self.env.iter().map(|(k, v)| (k, v))).current_dir(&self.dir);
    }

    /// Runs the program once outside of the measurements and returns its output. This warms caches and checks
    /// the exit code.
    pub fn answer(&self) -> Result<String> {
        let output = self.command().stdin(Stdio::null()).output()?;
        self.check(output.status.code().unwrap_or(-1), &output)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn check(&self, code: i32, output: &Output) -> Result<()> {
        if self.codes.contains(&code) {
            return Ok(());
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(format!("`{}` ended with {code}: {}", self.name, stderr.trim()).into())
    }

    /// Measures one run and discards the output.
    pub fn sample(&self) -> Result<Sample> {
        self.measure_run(Stdio::null())
    }

    /// Measures one run and returns the output.
    pub fn sample_and_answer(&self) -> Result<(Sample, String)> {
        let output_file = self.dir.join("answer");
        let sample = self.measure_run(File::create(&output_file)?.into())?;
        Ok((sample, fs::read_to_string(output_file)?))
    }

    fn measure_run(&self, stdout: Stdio) -> Result<Sample> {
        let measurement_file =
            std::env::temp_dir().join(format!("cliplyctl-bench-{}", std::process::id()));
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(one::FLAG).arg(&measurement_file).arg(&self.path).args(&self.args);
        self.set_environment(&mut command);
        let output = command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).spawn()?;
        let output = output.wait_with_output()?;
        let text = fs::read_to_string(&measurement_file)
            .map_err(|_| format!("`{}` could not be run", self.name))?;
        fs::remove_file(&measurement_file)?;
        let numbers: Vec<i64> =
            text.split(' ').map(str::parse).collect::<std::result::Result<_, _>>()?;
        let &[wall, cpu, peak, code] = &numbers[..] else { return Err("no figures".into()) };
        self.check(i32::try_from(code)?, &output)?;
        Ok(Sample { wall: wall as f64 / 1e3, cpu: cpu as f64 / 1e3, peak: peak as f64 / 1024.0 })
    }
}

/// The cost of one run.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Wall time in milliseconds.
    pub wall: f64,
    /// CPU time in milliseconds, user and system.
    pub cpu: f64,
    /// Peak memory (resident set) in MB.
    pub peak: f64,
}

/// The cost of several runs.
#[derive(Debug, Clone)]
pub struct Measurement {
    /// The name of the program.
    pub name: String,
    /// Median of the wall time in milliseconds.
    pub median: f64,
    /// Wall time of the fastest run in milliseconds.
    pub min: f64,
    /// Wall time of the slowest run in milliseconds.
    pub max: f64,
    /// Median of the CPU time in milliseconds.
    pub cpu: f64,
    /// Largest peak memory in MB.
    pub peak: f64,
}

impl Measurement {
    /// Aggregates the samples of a program.
    pub fn new(name: &str, samples: &[Sample]) -> Measurement {
        let walls: Vec<f64> = samples.iter().map(|s| s.wall).collect();
        let cpus: Vec<f64> = samples.iter().map(|s| s.cpu).collect();
        Measurement {
            name: name.to_owned(),
            median: quantile(&walls, 0.5),
            min: quantile(&walls, 0.0),
            max: quantile(&walls, 1.0),
            cpu: quantile(&cpus, 0.5),
            peak: samples.iter().map(|s| s.peak).fold(0.0, f64::max),
        }
    }
}

/// Returns the quantile by nearest rank, or 0 without values.
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// Runs all programs in turns, after one warm-up run of each. Each round starts with a different program
/// and reverses the order, because a program benefits from the caches that a similar one has filled.
pub fn in_turns<const N: usize>(programs: [&Program; N], runs: usize) -> Result<[Measurement; N]> {
    let mut samples = [const { Vec::new() }; N];
    for program in programs {
        program.answer()?;
    }
    for round in 0..runs {
        let mut order: [usize; N] = std::array::from_fn(|n| (n + round / 2) % N);
        if round % 2 == 1 {
            order.reverse();
        }
        for n in order {
            samples[n].push(programs[n].sample()?);
        }
    }
    Ok(std::array::from_fn(|n| Measurement::new(&programs[n].name, &samples[n])))
}
