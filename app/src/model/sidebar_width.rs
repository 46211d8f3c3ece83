//! How wide the list of conversations is on a device that has room for it.

use std::str::FromStr;

use super::preferences::UnknownChoice;

/// A width that the style sheet knows (`sidebar-width.css`), in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SidebarWidth(u16);

impl SidebarWidth {
    /// Narrower, titles say nothing any more.
    pub const LEAST: Self = Self(220);
    /// Wider, it takes room from what is read.
    pub const MOST: Self = Self(400);
    /// Where nobody chose.
    pub const USUAL: Self = Self(272);

    /// Between one width and the next.
    const STEP: u16 = 4;
    /// What a press of an arrow key makes.
    const KEY_STEP: i32 = 16;
    /// An edge that is drawn in so far makes a rail of the list.
    const RAIL_BELOW: i32 = 140;

    /// In CSS pixels, as in the cookie.
    pub const fn px(self) -> u16 {
        self.0
    }

    /// As in `data-side-width`; absent: as wide as the tokens say.
    pub fn as_attribute(self) -> Option<String> {
        (self != Self::USUAL).then(|| self.0.to_string())
    }

    /// The width whose edge is drawn to so many pixels; absent: that is a rail.
    pub fn drawn_to(px: i32) -> Option<Self> {
        (px >= Self::RAIL_BELOW).then(|| Self::nearest(px))
    }

    /// What a key on the edge makes of the width. `is_mirrored`: the list stands at the right.
    pub fn after_key(self, key: &str, is_mirrored: bool) -> Option<Self> {
        let px = i32::from(self.0);
        match key {
            "ArrowLeft" | "ArrowRight" if (key == "ArrowRight") != is_mirrored => {
                Some(Self::nearest(px + Self::KEY_STEP))
            }
            "ArrowLeft" | "ArrowRight" => Some(Self::nearest(px - Self::KEY_STEP)),
            "Home" => Some(Self::LEAST),
            "End" => Some(Self::MOST),
            _ => None,
        }
    }

    fn nearest(px: i32) -> Self {
        let px = px.clamp(Self::LEAST.0.into(), Self::MOST.0.into());
        let px = u16::try_from(px).unwrap_or(Self::USUAL.0);
        Self((px + Self::STEP / 2) / Self::STEP * Self::STEP)
    }
}

impl Default for SidebarWidth {
    fn default() -> Self {
        Self::USUAL
    }
}

impl FromStr for SidebarWidth {
    type Err = UnknownChoice;

    /// Only what was written by [`SidebarWidth::px`]: no sign, no zero before it.
    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        let px: i32 = text.parse().map_err(|_| UnknownChoice)?;
        let width = Self::nearest(px);
        if width.0.to_string() == text {
            Ok(width)
        } else {
            Err(UnknownChoice)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: &str = include_str!("../../../style/sidebar-width.css");

    #[test]
    fn a_drawn_edge_stays_within_the_limits_and_makes_a_rail_far_below_them() {
        let drawn = |px| SidebarWidth::drawn_to(px).map(SidebarWidth::px);
        for (px, width) in [
            (-20, None),
            (0, None),
            (139, None),
            (140, Some(220)),
            (219, Some(220)),
            (221, Some(220)),
            (222, Some(224)),
            (289, Some(288)),
            (399, Some(400)),
            (i32::MAX, Some(400)),
            (i32::MIN, None),
        ] {
            assert_eq!(drawn(px), width, "{px}");
        }
    }

    #[test]
    fn keys_move_the_edge_the_way_it_is_seen() {
        let usual = SidebarWidth::USUAL;
        let after = |width: SidebarWidth, key: &str, is_mirrored| {
            width.after_key(key, is_mirrored).map(SidebarWidth::px)
        };
        assert_eq!(after(usual, "ArrowRight", false), Some(288));
        assert_eq!(after(usual, "ArrowLeft", false), Some(256));
        assert_eq!(after(usual, "ArrowRight", true), Some(256));
        assert_eq!(after(usual, "ArrowLeft", true), Some(288));
        assert_eq!(after(usual, "Home", false), Some(220));
        assert_eq!(after(usual, "End", true), Some(400));
        assert_eq!(after(SidebarWidth::MOST, "ArrowRight", false), Some(400));
        assert_eq!(after(SidebarWidth::LEAST, "ArrowLeft", false), Some(220));
        for key in ["ArrowUp", "ArrowDown", "Enter", "a", ""] {
            assert_eq!(after(usual, key, false), None, "{key}");
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_nothing_else_is() {
        let mut width = SidebarWidth::LEAST;
        loop {
            assert_eq!(width.px().to_string().parse(), Ok(width));
            let is_told = STYLE.contains(&format!("[data-side-width=\"{}\"]", width.px()));
            // The usual one is that of the tokens.
            assert_eq!(is_told, width != SidebarWidth::USUAL, "{width:?}");
            assert_eq!(width.as_attribute().is_some(), is_told);
            if width == SidebarWidth::MOST {
                break;
            }
            width = SidebarWidth::nearest(i32::from(width.px() + SidebarWidth::STEP));
        }
        for text in [
            "",
            "wide",
            "0",
            "216",
            "404",
            "273",
            "0272",
            "+272",
            "-272",
            "272px",
            "27 2",
            "272.0",
            "99999999999",
            "\"272\"",
        ] {
            assert_eq!(text.parse::<SidebarWidth>(), Err(UnknownChoice), "{text}");
        }
        assert_eq!(SidebarWidth::default(), SidebarWidth::USUAL);
    }

    #[test]
    fn every_width_of_the_style_sheet_is_what_its_name_says() {
        let rules: Vec<_> = STYLE.lines().filter(|it| it.starts_with(":root")).collect();
        assert_eq!(rules.len(), 45);
        for rule in rules {
            let (_, rest) = rule.split_once('"').unwrap();
            let (px, _) = rest.split_once('"').unwrap();
            let expected =
                format!(":root[data-side-width=\"{px}\"] {{ --sidebar-width: {px}px; }}");
            assert_eq!(rule, expected);
        }
    }
}
