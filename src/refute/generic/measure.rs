//! Densities, abstract functions and parameters of a family, and expectations in it.

use crate::kernel::term::Rational;
use num_traits::{One, Zero};

use crate::kernel::jets::expression::Point;
use crate::kernel::jets::theory::{DensityId, DirectionId, FunctionId, ParameterId, VariateId};
use crate::model::derivation::formula::{Formula, Mean};

use super::exact::Exact;
use super::matrix::{Matrix, each, product, sum, transposed};
use super::series::{STEP, Series};
use super::value::{Environment, Evaluator, choices};
use super::world::{Law, Mode, SAMPLE_SIZE};

impl Evaluator<'_> {
    /// θ_i = centre + ε_i, or g_i(φ + η) + ε_i where θ = θ(φ), moved along directions.
    pub fn parameter(&self, id: ParameterId, component: usize, point: &Point) -> Option<Series> {
        let theory = &self.derivation.theory;
        let own = theory.densities.first().map(|density| density.parameter);
        let mut value = if own == Some(id) {
            let centre = self.world.centre.get(component)?.clone();
            let start = match self.world.law {
                Law::Polynomial(_) => self.number(centre),
                Law::Exponential => Series::constant(Exact::rational(centre).log()?, self.cut),
            };
            start.plus(&Series::variable(component, self.cut))
        } else {
            // An outer parameter φ, at (1, 2): its displacements come after those of θ.
            self.number(Rational::from_integer((component as i64 + 1).into())).plus(&self.outer(component))
        };
        if let (Some(outer), true) = (theory.parameter(id).depends_on, own == Some(id)) {
            value = value.plus(&self.displacement_by(outer, component)?);
        }
        for (direction, coefficient) in point {
            if theory.direction(*direction).parameter == id {
                value = value.plus(&self.direction(*direction, component).scaled(coefficient));
            }
        }
        Some(value)
    }

    pub fn outer(&self, component: usize) -> Series {
        Series::variable(2 + component.min(1), self.cut)
    }

    /// θ_i(φ + η) − θ_i(φ): a polynomial in η with no symmetry.
    pub fn displacement_by(&self, outer: ParameterId, component: usize) -> Option<Series> {
        let size = self.dimension(self.derivation.theory.parameter(outer).space);
        let row = component as i64;
        let mut total = Series::zero(self.cut);
        for at in 0..size {
            let eta = self.outer(at);
            let linear = Rational::new((2 + row - 3 * at as i64).into(), 1.into());
            let quadratic = Rational::new((1 + row + 2 * at as i64).into(), 2.into());
            total = total.plus(&eta.scaled(&linear)).plus(&eta.times(&eta).scaled(&quadratic));
            total = total.plus(&eta.times(&self.outer(0)).times(&self.outer(size - 1)));
        }
        Some(total)
    }

    pub fn direction(&self, id: DirectionId, component: usize) -> Series {
        let size = self.dimension(self.derivation.theory.direction_space(id));
        let own = self.world.direction(id.0 as usize, size);
        let entry = own.get(component).cloned().unwrap_or_else(Rational::zero);
        match self.mode {
            Mode::Concrete => self.number(entry * self.world.length()),
            Mode::Formal(_) => Series::variable(STEP, self.cut).scaled(&entry),
        }
    }

    pub fn derivative(&self, value: &Series, parameter: ParameterId, component: usize) -> Option<Series> {
        let own = self.derivation.theory.densities.first().map(|density| density.parameter);
        Some(value.derivative(if own == Some(parameter) { component } else { 2 + component }))
    }

    pub fn theta(&self, point: &Point) -> Option<Vec<Series>> {
        let own = self.derivation.theory.densities.first()?.parameter;
        (0..self.world.size).map(|component| self.parameter(own, component, point)).collect()
    }

    pub fn density(&self, id: DensityId, point: &Point, environment: &Environment) -> Option<Series> {
        let density = self.derivation.theory.density(id);
        let at =
            |variate: VariateId| environment.variates.iter().rev().find(|(own, _)| *own == variate).map(|(_, at)| *at);
        let here = at(density.variate)?;
        let given = match density.given {
            Some(covariate) => at(covariate)?,
            // Densities of other variates follow another law.
            None => id.0 as usize % 2,
        };
        let theta = self.theta(point)?;
        match &self.world.law {
            Law::Polynomial(laws) if self.world.pairs && id.0 > 0 => {
                let draw = |at: usize| self.polynomial(&laws[0][at], &theta);
                Some(draw(here / self.world.points)?.times(&draw(here % self.world.points)?))
            }
            Law::Polynomial(laws) => self.polynomial(&laws[given % laws.len()][here], &theta),
            Law::Exponential => {
                let (weights, total) = self.exponential_weights(&theta)?;
                Some(weights[here].times(&total.power(&-Rational::one())?))
            }
        }
    }

    pub fn polynomial(&self, weight: &[(Rational, Vec<u32>)], theta: &[Series]) -> Option<Series> {
        let mut total = Series::zero(self.cut);
        for (coefficient, exponents) in weight {
            let mut term = self.number(coefficient.clone());
            for (component, exponent) in theta.iter().zip(exponents) {
                term = term.times(&component.power(&Rational::from_integer((*exponent).into()))?);
            }
            total = total.plus(&term);
        }
        Some(total)
    }

    /// h(z) exp(θ·T(z)) for every z, and their sum.
    pub fn exponential_weights(&self, theta: &[Series]) -> Option<(Vec<Series>, Series)> {
        let mut weights = Vec::new();
        let mut total = Series::zero(self.cut);
        for point in 0..self.world.points {
            let mut exponent = Series::zero(self.cut);
            for (component, value) in theta.iter().enumerate() {
                exponent = exponent.plus(&value.scaled(&self.world.statistic(FunctionId(0), point, &[component])));
            }
            let base = self.number(self.world.statistic(FunctionId(0), point, &[]));
            let weight = exponent.exp()?.times(&base);
            total = total.plus(&weight);
            weights.push(weight);
        }
        Some((weights, total))
    }

    /// A function of θ: the log-partition of an exponential law, or a polynomial without symmetry.
    pub fn field(&self, id: FunctionId, component: &[usize], point: &Point) -> Option<Series> {
        let theta = self.theta(point)?;
        if self.world.law == Law::Exponential && component.is_empty() {
            return self.exponential_weights(&theta)?.1.log();
        }
        let spread: i64 = component.iter().map(|at| *at as i64).sum();
        let mut total = self.number(Rational::from_integer((2 + i64::from(id.0)).into()));
        for (at, value) in theta.iter().enumerate() {
            let square = value.times(value);
            let number = |value: i64| Rational::from_integer(value.into());
            total = total
                .plus(&value.scaled(&number(3 + spread - 2 * at as i64)))
                .plus(&square.scaled(&number(1 + at as i64 + spread)));
            total = total.plus(&square.times(&theta[0]).times(&theta[theta.len() - 1]).scaled(&number(2 - spread)));
        }
        Some(total)
    }

    /// f^(k)(x) of Σ c_n (x − 1)^n.
    pub fn apply(&self, id: FunctionId, order: u32, argument: &Series) -> Option<Series> {
        let mut coefficients = self.world.real_function(id);
        for _ in 0..order {
            coefficients = coefficients
                .iter()
                .enumerate()
                .skip(1)
                .map(|(at, value)| value * Rational::from_integer(at.into()))
                .collect();
        }
        let moved = argument.minus(&self.number(Rational::one()));
        let mut total = Series::zero(self.cut);
        for coefficient in coefficients.iter().rev() {
            total = total.times(&moved).plus(&self.number(coefficient.clone()));
        }
        Some(total)
    }

    pub fn mean(&self, mean: &Mean, body: &Formula, environment: &Environment) -> Option<Matrix> {
        let (rows, columns) = (body.shape.rows, body.shape.columns);
        let inside = |here: &Environment| self.value_of_shape(body, here, rows, columns);
        match mean {
            Mean::Model(point) => self.expectation(&moved(&environment.point, point), environment, &inside),
            Mean::Inner(density) => {
                let own = self.derivation.theory.density(*density).variate;
                let weight = |here: &Environment| self.density(*density, &environment.point, here);
                self.weighted(own, environment, &weight, &inside)
            }
            Mean::Covariate(variate) => {
                let weight = |here: &Environment| {
                    let at = here.variates.iter().rev().find(|(own, _)| own == variate)?.1;
                    Some(self.number(self.world.covariate[at].clone()))
                };
                self.weighted(*variate, environment, &weight, &inside)
            }
            Mean::Data => self.data(environment, &inside),
            Mean::Sample(point) => self.over_samples(&moved(&environment.point, point), environment, &inside),
        }
    }

    /// Every sample of the world's number of draws.
    pub fn samples(&self) -> Vec<Vec<Vec<(VariateId, usize)>>> {
        let variates: Vec<(VariateId, usize)> =
            self.derivation.theory.variate_ids().map(|id| (id, self.points(id))).collect();
        let one = choices(&variates);
        let mut all = vec![Vec::new()];
        for _ in 0..SAMPLE_SIZE {
            all = all
                .iter()
                .flat_map(|sample: &Vec<Vec<(VariateId, usize)>>| {
                    one.iter().map(move |draw| sample.iter().cloned().chain([draw.clone()]).collect())
                })
                .collect();
        }
        all
    }

    /// E over the sample: the draws are independent, each from the model at the point.
    fn over_samples(
        &self,
        point: &Point,
        environment: &Environment,
        inside: &dyn Fn(&Environment) -> Option<Matrix>,
    ) -> Option<Matrix> {
        let theory = &self.derivation.theory;
        let mut total: Option<Matrix> = None;
        for draws in self.samples() {
            let mut probability = self.number(Rational::one());
            for draw in &draws {
                let mut here = environment.clone();
                here.variates.extend(draw.iter().copied());
                for (variate, at) in draw {
                    let weight = match theory.density_of(*variate) {
                        Some(density) => self.density(density, point, &here)?,
                        None => self.number(self.world.covariate[*at].clone()),
                    };
                    probability = probability.times(&weight);
                }
            }
            let value =
                each(&inside(&Environment { draws, ..environment.clone() })?, &|entry| entry.times(&probability));
            total = Some(match total {
                Some(total) => sum(&total, &value),
                None => value,
            });
        }
        total
    }

    pub fn weighted(
        &self,
        variate: VariateId,
        environment: &Environment,
        weight: &dyn Fn(&Environment) -> Option<Series>,
        inside: &dyn Fn(&Environment) -> Option<Matrix>,
    ) -> Option<Matrix> {
        let mut total: Option<Matrix> = None;
        for point in 0..self.points(variate) {
            let here = with(environment, variate, point);
            let weight = weight(&here)?;
            let value = each(&inside(&here)?, &|entry| entry.times(&weight));
            total = Some(match total {
                Some(total) => sum(&total, &value),
                None => value,
            });
        }
        total
    }

    /// E over every variate: covariates by their own law, the others by the model at a point.
    pub fn expectation(
        &self,
        point: &Point,
        environment: &Environment,
        inside: &dyn Fn(&Environment) -> Option<Matrix>,
    ) -> Option<Matrix> {
        self.joint(
            environment,
            &|variate, here| {
                let theory = &self.derivation.theory;
                match theory.density_of(variate) {
                    Some(density) => self.density(density, point, here),
                    None => {
                        let at = here.variates.iter().rev().find(|(own, _)| *own == variate)?.1;
                        Some(self.number(self.world.covariate[at].clone()))
                    }
                }
            },
            inside,
        )
    }

    pub fn data(&self, environment: &Environment, inside: &dyn Fn(&Environment) -> Option<Matrix>) -> Option<Matrix> {
        let theory = &self.derivation.theory;
        self.joint(
            environment,
            &|variate, here| {
                let at =
                    |wanted: VariateId| here.variates.iter().rev().find(|(own, _)| *own == wanted).map(|(_, at)| *at);
                match theory.density_of(variate) {
                    // Well-specified: the data are drawn from the model at this θ, which they do not move with.
                    Some(density) if theory.well_specified => {
                        let fixed = self.density(density, &Point::new(), here)?.at_origin();
                        Some(Series::constant(fixed, self.cut))
                    }
                    Some(density) => {
                        let covariate = theory.density(density).given.and_then(at).unwrap_or(density.0 as usize);
                        Some(self.number(self.world.data(covariate, at(variate)?, self.points(variate))))
                    }
                    None => Some(self.number(self.world.covariate[at(variate)?].clone())),
                }
            },
            inside,
        )
    }

    pub fn joint(
        &self,
        environment: &Environment,
        weight: &dyn Fn(VariateId, &Environment) -> Option<Series>,
        inside: &dyn Fn(&Environment) -> Option<Matrix>,
    ) -> Option<Matrix> {
        let variates: Vec<(VariateId, usize)> =
            self.derivation.theory.variate_ids().map(|id| (id, self.points(id))).collect();
        let mut total: Option<Matrix> = None;
        for choice in choices(&variates) {
            let mut here = environment.clone();
            here.variates.extend(choice.iter().copied());
            let mut probability = self.number(Rational::one());
            for (variate, _) in &choice {
                probability = probability.times(&weight(*variate, &here)?);
            }
            let value = each(&inside(&here)?, &|entry| entry.times(&probability));
            total = Some(match total {
                Some(total) => sum(&total, &value),
                None => value,
            });
        }
        total
    }

    pub fn covariance(&self, left: &Formula, right: &Formula, environment: &Environment) -> Option<Matrix> {
        let point = &environment.point;
        let mean_of = |body: &Formula| self.expectation(point, environment, &|here| self.value(body, here));
        let (first, second) = (mean_of(left)?, mean_of(right)?);
        self.expectation(point, environment, &|here| {
            let negative = -Rational::one();
            let left = sum(&self.value(left, here)?, &each(&first, &|entry| entry.scaled(&negative)));
            let right = sum(&self.value(right, here)?, &each(&second, &|entry| entry.scaled(&negative)));
            Some(product(&left, &transposed(&right), self.cut))
        })
    }
}

pub fn with(environment: &Environment, variate: VariateId, point: usize) -> Environment {
    let mut inner = environment.clone();
    inner.variates.push((variate, point));
    inner
}

pub fn moved(point: &Point, displacement: &Point) -> Point {
    let mut sum = point.clone();
    for (direction, coefficient) in displacement {
        match sum.iter_mut().find(|(own, _)| own == direction) {
            Some((_, own)) => *own += coefficient,
            None => sum.push((*direction, coefficient.clone())),
        }
    }
    sum
}
