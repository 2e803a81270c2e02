//! `cargo bench`: what the program costs, as a table.
//!
//! Whole processes are measured from outside (wall time, CPU and peak memory from /proc, so on Linux);
//! the split into parsing, search, kernel and rendering is measured inside one process of this binary.

use std::env;
use std::fs;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use fisherproof::catalogue;
use fisherproof::derive::family::derive_with;
use fisherproof::derive::setting::setting;
use fisherproof::kernel::check::replay;
use fisherproof::model::family::Family;
use fisherproof::model::resolve_family;
use fisherproof::render::{self, Format, Options};
use fisherproof::syntax;
use fisherproof::syntax::tree::Item;
use symbolica::atom::AtomCore;

/// How this binary calls itself.
const BASELINE: &str = "--one-derivative";
const SPLIT: &str = "--split";

const PROGRAM: &str = env!("CARGO_BIN_EXE_fisherproof");
const RUNS: usize = 15;

/// The families of any textbook, in their usual parametrisations.
const TEXTBOOK: [&str; 43] = [
    "bernoulli",
    "bernoulli_logit",
    "binomial",
    "poisson",
    "poisson_log_rate",
    "geometric",
    "geometric_trials",
    "negative_binomial",
    "logarithmic",
    "categorical_three",
    "finite_tilt",
    "exponential",
    "exponential_scale",
    "gamma",
    "gamma_scale",
    "gamma_mean_shape",
    "gamma_known_shape",
    "inverse_gamma",
    "beta",
    "beta_mean_precision",
    "normal",
    "normal_variance",
    "normal_precision",
    "normal_natural",
    "normal_known_mean",
    "normal_known_variance",
    "normal_curved",
    "log_normal",
    "half_normal",
    "rayleigh",
    "maxwell",
    "chi_square",
    "chi",
    "weibull_known_shape",
    "pareto_known_scale",
    "power_function",
    "laplace_known_location",
    "generalised_normal_known_shape",
    "nakagami",
    "von_mises",
    "inverse_gaussian",
    "truncated_exponential",
    "zero_truncated_poisson",
];

fn main() {
    let first = env::args().nth(1).unwrap_or_default();
    match first.as_str() {
        BASELINE => one_derivative(),
        SPLIT => split(),
        _ => table(),
    }
}

/// All that a process must do that uses Symbolica at all.
fn one_derivative() {
    let x = symbolica::symbol!("x");
    let cube = symbolica::parse!("x^3");
    assert_eq!(cube.derivative(x), symbolica::parse!("3*x^2"));
}

fn table() {
    let own = env::current_exe().expect("this binary has a path");
    let own = own.to_str().expect("a path in UTF-8");
    println!("{:44} {:>10} {:>10} {:>10}", "whole processes", "wall", "CPU", "peak");
    let baseline = show("Symbolica started, one derivative", own, &[BASELINE], RUNS);
    let family = show("fisherproof derive gamma", PROGRAM, &["derive", "gamma", "--quiet"], RUNS);
    let textbook = [&["derive", "--quiet", "--format", "latex"], &TEXTBOOK[..]].concat();
    show(&format!("fisherproof derive, {} textbook families", TEXTBOOK.len()), PROGRAM, &textbook, 3);
    let count = catalogue::families().count();
    let all = ["derive", "--all", "--quiet", "--format", "latex"];
    show(&format!("fisherproof derive --all, {count} families"), PROGRAM, &all, 3);
    let ratio = family.wall.as_secs_f64() / baseline.wall.as_secs_f64();
    println!("\none family costs {ratio:.1} times what starting Symbolica does\n");
    many();
    println!();
    let status = Command::new(own).arg(SPLIT).env("SYMBOLICA_HIDE_BANNER", "1").status().expect("this binary runs");
    assert!(status.success());
}

/// Many family files in one run: the catalogue's, again and again. The time of each and the peak should
/// not grow with their number.
fn many() {
    let folder = env::temp_dir().join(format!("fisherproof-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the families");
    let entries: Vec<catalogue::Entry> = catalogue::families().collect();
    let files: Vec<String> = entries
        .iter()
        .cycle()
        .take(1000)
        .enumerate()
        .map(|(number, entry)| {
            let path = folder.join(format!("{number}.fam"));
            fs::write(&path, entry.text).expect("a file");
            path.to_str().expect("a path in UTF-8").to_owned()
        })
        .collect();
    for count in [250, 500, 1000] {
        let mut arguments = vec!["derive", "--quiet", "--format", "latex"];
        arguments.extend(files[..count].iter().map(String::as_str));
        show(&format!("fisherproof derive, {count} files"), PROGRAM, &arguments, 1);
    }
    fs::remove_dir_all(&folder).expect("the folder goes");
}

struct Cost {
    wall: Duration,
    cpu: Duration,
    /// In kibibytes.
    peak: u64,
}

/// The median run of several, printed.
fn show(label: &str, program: &str, arguments: &[&str], runs: usize) -> Cost {
    let mut costs: Vec<Cost> = (0..runs).map(|_| cost(program, arguments)).collect();
    costs.sort_by_key(|cost| cost.wall);
    let median = costs.swap_remove(runs / 2);
    println!(
        "{label:44} {:>10} {:>10} {:>6} MiB",
        milliseconds(median.wall),
        milliseconds(median.cpu),
        median.peak >> 10
    );
    median
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

fn cost(program: &str, arguments: &[&str]) -> Cost {
    let mut command = Command::new(program);
    command.args(arguments).env("SYMBOLICA_HIDE_BANNER", "1").stdin(Stdio::null()).stdout(Stdio::null());
    let (begin, before) = (Instant::now(), cpu_of_children());
    let mut child = command.spawn().expect("the program starts");
    let mut peak = 0;
    let status: ExitStatus = loop {
        peak = peak.max(peak_memory_with_children(&child.id().to_string()));
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            break status;
        }
        std::thread::sleep(Duration::from_micros(500));
    };
    let wall = begin.elapsed();
    assert!(status.success(), "{program} {arguments:?}");
    Cost { wall, cpu: cpu_of_children() - before, peak }
}

/// User and system time of all children that have ended, and of theirs.
fn cpu_of_children() -> Duration {
    const TICKS_PER_SECOND: u64 = 100;
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is a name in parentheses; cutime and cstime are the fields 16 and 17.
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = after_name.split(' ').skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}

/// What a process and its children have at most held so far, in kibibytes: the algebra engine is a child.
fn peak_memory_with_children(process: &str) -> u64 {
    // Children belong to the thread that started them.
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let children: Vec<String> =
        children.flat_map(|own| own.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    let all = children.iter().map(String::as_str).chain([process]);
    all.filter_map(peak_memory).sum()
}

/// The largest resident size of a process so far, in kibibytes.
fn peak_memory(process: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// The whole catalogue in this process: how long each part of the work takes.
fn split() {
    fisherproof::cas::set_quiet(true);
    let start = Instant::now();
    let _ = fisherproof::cas::expand(&fisherproof::kernel::term::Term::one());
    let started = start.elapsed();
    let timed = |total: &mut Duration, begin: Instant| *total += begin.elapsed();
    let [mut parse, mut derive, mut kernel, mut write] = [Duration::ZERO; 4];
    let mut steps = 0;
    let mut slowest: Vec<(Duration, &str)> = Vec::new();
    for entry in catalogue::families() {
        let begin = Instant::now();
        let family = family(&entry);
        timed(&mut parse, begin);
        let begin = Instant::now();
        let derived = derive_with(&family, false).expect("a setting");
        timed(&mut derive, begin);
        slowest.push((begin.elapsed(), entry.name));
        let setting = setting(&family).expect("a setting");
        let begin = Instant::now();
        replay(&setting, &derived.certificate).expect("a true certificate");
        timed(&mut kernel, begin);
        steps += derived.certificate.steps.len();
        let begin = Instant::now();
        render::report(&derived.report, Format::Latex, &Options::default());
        timed(&mut write, begin);
    }
    println!("{:44} {:>10}", "the catalogue within one process", "wall");
    println!("{:44} {:>10}", "start of Symbolica", milliseconds(started));
    println!("{:44} {:>10}", "parse and resolve", milliseconds(parse));
    println!("{:44} {:>10}", "search", milliseconds(derive.saturating_sub(kernel)));
    println!("{:44} {:>10}", format!("kernel, {steps} steps"), milliseconds(kernel));
    println!("{:44} {:>10}", "render as LaTeX", milliseconds(write));
    slowest.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    println!("\nthe slowest to derive");
    for (time, name) in slowest.iter().take(5) {
        println!("{name:44} {:>10}", milliseconds(*time));
    }
}

fn family(entry: &catalogue::Entry) -> Family {
    let source = entry.source();
    let (file, _) = syntax::parse(&source);
    let family = file.items.iter().find_map(|item| match item {
        Item::Family(tree) => resolve_family(tree, &source).0,
        Item::Derivation(_) => None,
    });
    family.expect("a family of the catalogue")
}
