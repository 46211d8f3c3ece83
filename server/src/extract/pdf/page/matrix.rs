//! Where things are on a page (ISO 32000-1, 8.3.3): points are rows, `x y 1`.

use lopdf::Object;

use crate::extract::pdf::lines::Point;

/// From one plane to another: two columns of three numbers, row by row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Matrix(pub(super) [f64; 6]);

impl Matrix {
    pub(super) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// From six numbers; those that are none are none here either.
    pub(super) fn of(numbers: &[Object]) -> Option<Self> {
        let mut matrix = [0.0; 6];
        for (at, value) in matrix.iter_mut().enumerate() {
            *value = f64::from(numbers.get(at)?.as_float().ok()?);
        }
        let is_whole = matrix.iter().all(|value| value.is_finite());
        is_whole.then_some(Self(matrix))
    }

    /// This one first, then the other.
    pub(super) fn then(&self, other: &Self) -> Self {
        let (one, two) = (self.0, other.0);
        let row = |x: f64, y: f64| (x * two[0] + y * two[2], x * two[1] + y * two[3]);
        let (first, second, third) = (
            row(one[0], one[1]),
            row(one[2], one[3]),
            row(one[4], one[5]),
        );
        Self([
            first.0,
            first.1,
            second.0,
            second.1,
            third.0 + two[4],
            third.1 + two[5],
        ])
    }

    /// What begins so much further.
    pub(super) fn moved(&self, x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y]).then(self)
    }

    pub(super) const fn origin(&self) -> Point {
        (self.0[4], self.0[5])
    }

    /// Where its first axis points to, of length 1.
    pub(super) fn direction(&self) -> Point {
        let length = self.0[0].hypot(self.0[1]);
        if length > 0.0 {
            (self.0[0] / length, self.0[1] / length)
        } else {
            (1.0, 0.0)
        }
    }

    /// How long its second axis is.
    pub(super) fn height(&self) -> f64 {
        self.0[2].hypot(self.0[3])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_moved_first_is_turned_with_the_rest() {
        let turned = Matrix([0.0, 2.0, -2.0, 0.0, 10.0, 20.0]);
        let moved = turned.moved(3.0, 0.0);
        assert_eq!(moved.origin(), (10.0, 26.0));
        assert_eq!(moved.direction(), (0.0, 1.0));
        assert!((moved.height() - 2.0).abs() < 1e-9);
        assert_eq!(Matrix::IDENTITY.then(&turned), turned);
        assert_eq!(Matrix::of(&[Object::Integer(1)]), None);
    }
}
