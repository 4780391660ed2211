//! Distances, lengths and areas on a spheroid.
//!
//! Sources: developer guide, "ST_Distance", "ST_Length", "ST_Perimeter", "ST_Area", whose examples have these formulas to the
//! digit: H. Andoyer's distance and azimuths of the first order in the flattening (P. D. Thomas, "Spheroidal Geodesics,
//! Reference Systems, & Local Geometry", 1970), arcs of meridians by their series of the first order, and areas by
//! C. F. F. Karney, "Algorithms for geodesics" (2013), section 6, of the first order in the third flattening.

use std::f64::consts::{PI, TAU};

use redshift_sql_dialect::Result;

use super::{
    geometry::{Coord, Geometry, Shape, invalid},
    measures::point_of,
    same_srid, transform,
};

/// A flattened sphere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spheroid {
    equatorial: f64,
    polar: f64,
}

/// A geodesic between two points.
struct Geodesic {
    distance: f64,
    /// At its beginning and its end, clockwise from north.
    azimuths: (f64, f64),
}

impl Spheroid {
    /// The spheroid of a geographic reference system.
    ///
    /// # Errors
    /// 22023 where there is no such system.
    pub(super) fn of(srid: i32) -> Result<Spheroid> {
        let system = transform::system(srid)?;
        if !system.is_latlong() {
            return Err(invalid(format!("SRID {srid} is no geographic reference system")));
        }
        let (equatorial, polar) = system.ellipse_parameters();
        Ok(Spheroid { equatorial, polar })
    }

    fn flattening(self) -> f64 {
        (self.equatorial - self.polar) / self.equatorial
    }

    fn distance(self, a: Coord, b: Coord) -> f64 {
        match self.meridian_arc(a, b) {
            Some(arc) => arc,
            None => self.geodesic(a, b).distance,
        }
    }

    /// The distance of points of one meridian.
    fn meridian_arc(self, a: Coord, b: Coord) -> Option<f64> {
        let third = (self.equatorial - self.polar) / (self.equatorial + self.polar);
        let arc = |latitude: f64| {
            let latitude = latitude.to_radians();
            self.equatorial / (1.0 + third) * (latitude - 1.5 * third * (2.0 * latitude).sin())
        };
        (a.x == b.x).then(|| (arc(b.y) - arc(a.y)).abs())
    }

    fn geodesic(self, a: Coord, b: Coord) -> Geodesic {
        let f = self.flattening();
        let longitude = b.x.to_radians() - a.x.to_radians();
        let (sin_a, cos_a) = a.y.to_radians().sin_cos();
        let (sin_b, cos_b) = b.y.to_radians().sin_cos();
        let (sin_longitude, cos_longitude) = longitude.sin_cos();
        let cos_d = (sin_a * sin_b + cos_a * cos_b * cos_longitude).clamp(-1.0, 1.0);
        let d = cos_d.acos();
        let sin_d = d.sin();
        let quotient = |numerator: f64, divisor: f64| if divisor == 0.0 { 0.0 } else { numerator / divisor };
        let (k, l) = ((sin_a - sin_b).powi(2), (sin_a + sin_b).powi(2));
        let h = quotient(d + 3.0 * sin_d, 1.0 - cos_d);
        let g = quotient(d - 3.0 * sin_d, 1.0 + cos_d);
        let distance = self.equatorial * (d - f / 4.0 * (h * k + g * l));

        let direction = |sin_from: f64, cos_from: f64, sin_to: f64, cos_to: f64| {
            if cos_to == 0.0 {
                return (0.0, 0.0);
            }
            let angle = sin_longitude.atan2(cos_from * (sin_to / cos_to) - sin_from * cos_longitude);
            (angle, f / 2.0 * cos_from.powi(2) * (2.0 * angle).sin())
        };
        let (forward, u) = direction(sin_a, cos_a, sin_b, cos_b);
        let (backward, v) = direction(sin_b, cos_b, sin_a, cos_a);
        let t = quotient(d, sin_d);
        let half = if backward >= 0.0 { PI } else { -PI };
        let azimuths = (forward - (v * t - u), half - backward - (-u * t + v));
        Geodesic { distance, azimuths }
    }

    /// The area of a ring, negative where it goes counterclockwise.
    fn ring_area(self, ring: &[Coord]) -> f64 {
        let f = self.flattening();
        let squared_eccentricity = f * (2.0 - f);
        let eccentricity = squared_eccentricity.sqrt();
        let (a2, b2) = (self.equatorial.powi(2), self.polar.powi(2));
        let authalic = a2 / 2.0 + b2 / 2.0 * eccentricity.atanh() / eccentricity;
        let authalic = if squared_eccentricity > 0.0 { authalic } else { a2 };
        let (mut excess, mut correction, mut turns) = (0.0, 0.0, 0.0);
        for pair in ring.windows(2) {
            let longitude = (pair[1].x - pair[0].x).to_radians();
            turns += (longitude + PI).rem_euclid(TAU) - PI;
            if longitude != 0.0 {
                let (spherical, ellipsoidal) = self.below(pair[0], pair[1]);
                excess += spherical;
                correction += ellipsoidal;
            }
        }
        let area = authalic * excess + squared_eccentricity * a2 * correction;
        // Around a pole the parts between the edges and the equator make up the rest of the hemisphere.
        if turns.abs() > PI { TAU * authalic * area.signum() - area } else { area }
    }

    /// Of the area between an edge and the equator the spherical excess and the ellipsoidal term.
    fn below(self, a: Coord, b: Coord) -> (f64, f64) {
        let f = self.flattening();
        let squared_eccentricity = f * (2.0 - f);
        let second = squared_eccentricity / (1.0 - squared_eccentricity);
        let third = f / (2.0 - f);
        let (start, end) = self.geodesic(a, b).azimuths;
        let reduced = |latitude: f64| ((1.0 - f) * latitude.to_radians().tan()).atan();
        let (beta_a, beta_b) = (reduced(a.y), reduced(b.y));
        let sin_start = start.sin() * beta_a.cos();
        let cos_start = (1.0 - sin_start * sin_start).max(0.0).sqrt();
        let excess = (end.sin() * start.cos() - end.cos() * start.sin())
            .atan2(end.cos() * start.cos() + end.sin() * start.sin());
        let root = (1.0 + second * cos_start * cos_start).sqrt();
        let epsilon = (root - 1.0) / (root + 1.0);
        let (c0, c1) = ((10.0 - 4.0 * third) / 15.0 - epsilon / 5.0, epsilon / 45.0);
        let integral = |azimuth: f64, beta: f64| {
            let (sin, cos) = (beta.sin(), azimuth.cos() * beta.cos());
            let cosine = cos / sin.hypot(cos);
            c0 * cosine + c1 * (4.0 * cosine * cosine * cosine - 3.0 * cosine)
        };
        (excess, cos_start * sin_start * (integral(end, beta_b) - integral(start, beta_a)))
    }
}

fn total(geography: &Geometry, of: impl Fn(Spheroid, &Shape) -> f64) -> Result<f64> {
    let spheroid = Spheroid::of(geography.srid)?;
    let mut total = 0.0;
    geography.shape.simple_parts(&mut |part| total += of(spheroid, part));
    Ok(total)
}

fn line_length(spheroid: Spheroid, points: &[Coord]) -> f64 {
    points.windows(2).map(|pair| spheroid.distance(pair[0], pair[1])).sum()
}

/// ST_Length of a GEOGRAPHY, in metres.
pub(super) fn length(geography: &Geometry) -> Result<f64> {
    total(geography, |spheroid, part| match part {
        Shape::Line(points) => line_length(spheroid, points),
        _ => 0.0,
    })
}

/// ST_Perimeter of a GEOGRAPHY, in metres.
pub(super) fn perimeter(geography: &Geometry) -> Result<f64> {
    total(geography, |spheroid, part| match part {
        Shape::Polygon(rings) => rings.iter().map(|ring| line_length(spheroid, ring)).sum(),
        _ => 0.0,
    })
}

/// ST_Area of a GEOGRAPHY, in square metres.
pub(super) fn area(geography: &Geometry) -> Result<f64> {
    total(geography, |spheroid, part| match part {
        Shape::Polygon(rings) => {
            let areas = rings.iter().enumerate();
            let clockwise = |ring: &Vec<Coord>| {
                let area = spheroid.ring_area(ring);
                if area >= 0.0 { area } else { spheroid.ring_area(&ring.iter().rev().copied().collect::<Vec<_>>()) }
            };
            areas.map(|(index, ring)| if index == 0 { clockwise(ring) } else { -clockwise(ring) }).sum()
        }
        _ => 0.0,
    })
}

/// ST_Distance of two points, in metres; none where one is empty.
pub(super) fn distance(a: &Geometry, b: &Geometry) -> Result<Option<f64>> {
    let places = (point_of("ST_Distance of GEOGRAPHY", a)?, point_of("ST_Distance of GEOGRAPHY", b)?);
    same_srid(a, b)?;
    let spheroid = Spheroid::of(a.srid)?;
    let (Some(a), Some(b)) = places else { return Ok(None) };
    Ok(Some(spheroid.distance(a, b)))
}
