//! Where the mass of a function lies, found from its logarithm.
//!
//! Far from its mass a density underflows, but its logarithm still slopes towards it: a normal with
//! mean 1000 and standard deviation 0.01 shows its mode from anywhere. What cannot be found is a
//! spike that no slope announces, such as a very narrow component of a mixture.

/// How closely the line is scanned for modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scan {
    Thorough,
    /// For inner integrals, which are many.
    Quick,
}

impl Scan {
    fn points_per_decade(self) -> i32 {
        match self {
            Scan::Thorough => 24,
            Scan::Quick => 2,
        }
    }

    fn decades(self) -> std::ops::RangeInclusive<i32> {
        match self {
            Scan::Thorough => -14..=15,
            Scan::Quick => -6..=8,
        }
    }

    /// The ratio of the distances at which a scale is sought.
    fn scale_ratio(self) -> f64 {
        match self {
            Scan::Thorough => 10.0,
            Scan::Quick => 100.0,
        }
    }

    fn refinements(self) -> usize {
        match self {
            Scan::Thorough => 90,
            Scan::Quick => 22,
        }
    }
}

/// Modes lower than the highest by more than this carry nothing.
const DEPTH: f64 = 80.0;

/// No mode is sought beyond this.
const FARTHEST: f64 = 1e60;

/// At most this many modes are told apart.
const MOST_MODES: usize = 8;

/// Local maxima of `shape`, the logarithm of a non-negative function, strictly inside the interval.
/// None where the function only rises towards an end.
pub(super) fn modes(shape: &dyn Fn(f64) -> f64, lower: f64, upper: f64, scan: Scan) -> Vec<f64> {
    let height = |x: f64| Some(shape(x)).filter(|value| !value.is_nan()).unwrap_or(f64::NEG_INFINITY);
    let grid = grid(lower, upper, scan);
    let heights: Vec<f64> = grid.iter().map(|&x| height(x)).collect();
    let mut found: Vec<(f64, f64)> = Vec::new();
    for (i, &here) in heights.iter().enumerate() {
        let left = if i == 0 { f64::NEG_INFINITY } else { heights[i - 1] };
        let right = heights.get(i + 1).copied().unwrap_or(f64::NEG_INFINITY);
        let flat = here == left && here == right;
        if here == f64::NEG_INFINITY || here < left || here < right || flat {
            continue;
        }
        let from = if i == 0 { lower.max(-FARTHEST) } else { grid[i - 1] };
        let to = grid.get(i + 1).copied().unwrap_or(upper.min(FARTHEST));
        let mode = climb(&height, from, to, scan.refinements());
        found.push((height(mode), mode));
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let highest = found.first().map_or(0.0, |first| first.0);
    found.retain(|(height, mode)| *height > highest - DEPTH && *mode > lower && *mode < upper);
    found.truncate(MOST_MODES);
    let mut modes: Vec<f64> = found.into_iter().map(|(_, mode)| mode).collect();
    modes.sort_by(f64::total_cmp);
    modes.dedup_by(|a, b| (*a - *b).abs() <= 1e-9 * (1e-9 + b.abs()));
    // A maximum that crept up to an end is that end.
    let near = |x: f64, end: f64| end.is_finite() && (x - end).abs() <= 1e-13 * (upper - lower).min(1.0 + end.abs());
    modes.retain(|&x| !near(x, lower) && !near(x, upper));
    modes
}

/// Points of the open interval, ascending: dense near its finite ends and around zero.
fn grid(lower: f64, upper: f64, scan: Scan) -> Vec<f64> {
    let per_decade = scan.points_per_decade();
    let distances: Vec<f64> = (scan.decades().start() * per_decade..=scan.decades().end() * per_decade)
        .map(|k| 10f64.powf(f64::from(k) / f64::from(per_decade)))
        .collect();
    let mut points: Vec<f64> = Vec::new();
    match (lower.is_finite(), upper.is_finite()) {
        (false, false) => {
            points.push(0.0);
            points.extend(distances.iter().flat_map(|d| [-d, *d]));
        }
        (true, false) => points.extend(distances.iter().map(|d| lower + d)),
        (false, true) => points.extend(distances.iter().map(|d| upper - d)),
        (true, true) => {
            let width = upper - lower;
            points.extend(distances.iter().filter(|d| **d < 0.5).flat_map(|d| [lower + d * width, upper - d * width]));
            let parts = 8 * per_decade;
            points.extend((1..parts).map(|k| lower + width * f64::from(k) / f64::from(parts)));
        }
    }
    // A mass far from a finite end can still lie at an ordinary distance from zero.
    if lower.is_finite() != upper.is_finite() {
        points.push(0.0);
        points.extend(distances.iter().flat_map(|d| [-d, *d]));
    }
    points.retain(|x| *x > lower && *x < upper);
    points.sort_by(f64::total_cmp);
    points.dedup();
    points
}

/// Golden-section search for a maximum between two points.
fn climb(height: &dyn Fn(f64) -> f64, from: f64, to: f64, steps: usize) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let (mut low, mut high) = (from, to);
    let (mut a, mut b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut at_a, mut at_b) = (height(a), height(b));
    for _ in 0..steps {
        if at_a >= at_b {
            high = b;
            (b, at_b) = (a, at_a);
            a = high - GOLDEN * (high - low);
            at_a = height(a);
        } else {
            low = a;
            (a, at_a) = (b, at_b);
            b = low + GOLDEN * (high - low);
            at_b = height(b);
        }
    }
    if at_a >= at_b { a } else { b }
}

/// The distance from `from` (rightwards for a positive `direction`) at which the mass per logarithm of
/// the distance is greatest, below `limit`: one standard deviation for a normal seen from its mean.
pub(super) fn scale(shape: &dyn Fn(f64) -> f64, from: f64, direction: f64, limit: f64, scan: Scan) -> f64 {
    const LEAST: f64 = 1e-30;
    const GREATEST: f64 = 1e30;
    let mut best = (f64::NEG_INFINITY, limit.min(1.0));
    let mut distance = LEAST;
    while distance < limit.min(GREATEST) {
        let point = from + direction * distance;
        let mass = shape(point) + distance.ln();
        if point != from && mass > best.0 {
            best = (mass, distance);
        }
        distance *= scan.scale_ratio();
    }
    best.1
}

/// The whole number between the bounds where `shape` is greatest, as far as a scan can tell.
pub(super) fn whole_mode(shape: &dyn Fn(f64) -> f64, lower: f64, upper: f64) -> f64 {
    let height = |x: f64| Some(shape(x)).filter(|value| !value.is_nan()).unwrap_or(f64::NEG_INFINITY);
    let mut candidates: Vec<f64> = grid(lower - 1.0, upper + 1.0, Scan::Quick).into_iter().map(f64::round).collect();
    candidates.extend([lower, upper].into_iter().filter(|end| end.is_finite()));
    candidates.retain(|x| *x >= lower && *x <= upper);
    candidates.sort_by(f64::total_cmp);
    candidates.dedup();
    let heights: Vec<f64> = candidates.iter().map(|&x| height(x)).collect();
    let Some(best) = (0..heights.len()).max_by(|&i, &j| heights[i].total_cmp(&heights[j])) else {
        return if lower.is_finite() { lower } else { upper.min(0.0) };
    };
    // Halve the bracket, deciding each time by the slope between two neighbours.
    let mut low = candidates[best.saturating_sub(1)];
    let mut high = candidates[(best + 1).min(candidates.len() - 1)];
    while high - low > 1.0 {
        let middle = ((low + high) / 2.0).floor();
        if height(middle) >= height(middle + 1.0) {
            high = middle
        } else {
            low = middle + 1.0
        }
        if middle + 1.0 == middle {
            break;
        }
    }
    [low, high, candidates[best]].into_iter().max_by(|a, b| height(*a).total_cmp(&height(*b))).unwrap_or(low)
}
