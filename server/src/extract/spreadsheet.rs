//! Books of sheets: each sheet's name, and below it its rows as CSV (RFC 4180). Formulas are their
//! last values. Rows without a value are left out, and so is what follows the last value of a row.

use std::{fmt::Display, io::Cursor, time::Duration};

use calamine::{
    Data, ExcelDateTime, Ods, OdsError, Reader, Xls, XlsError, Xlsb, XlsbError, Xlsx, XlsxError,
    open_workbook_from_rs,
};

use super::{ExtractError, Limits, archive::Archive, recognise::Format, written::Written};

/// Times are parts of days.
const DAY_S: f64 = 86_400.0;

/// A whole file.
type Content<'a> = Cursor<&'a [u8]>;

/// Writes the sheets of a book; how many there are.
pub(super) fn write(
    bytes: &[u8],
    format: Format,
    limits: &Limits,
    written: &mut Written,
) -> Result<u32, ExtractError> {
    let max_sheets = limits.max_pages;
    if format == Format::Xls {
        let is_locked = |error: &XlsError| matches!(error, XlsError::Password);
        let book = open::<Xls<Content<'_>>>(bytes, is_locked)?;
        return of_ranges(book, max_sheets, written);
    }
    // What reads it takes as much memory as is packed in it.
    Archive::open(bytes, limits.memory_bytes)?.measure()?;
    match format {
        Format::Xlsb => {
            let is_locked = |error: &XlsbError| matches!(error, XlsbError::Password);
            let book = open::<Xlsb<Content<'_>>>(bytes, is_locked)?;
            of_ranges(book, max_sheets, written)
        }
        Format::Ods => {
            let is_locked = |error: &OdsError| matches!(error, OdsError::Password);
            let book = open::<Ods<Content<'_>>>(bytes, is_locked)?;
            of_ranges(book, max_sheets, written)
        }
        _ => {
            let is_locked = |error: &XlsxError| matches!(error, XlsxError::Password);
            let book = open::<Xlsx<Content<'_>>>(bytes, is_locked)?;
            of_cells(book, max_sheets, written)
        }
    }
}

fn open<'a, B>(bytes: &'a [u8], is_locked: fn(&B::Error) -> bool) -> Result<B, ExtractError>
where
    B: Reader<Content<'a>>,
    B::Error: Display,
{
    open_workbook_from_rs::<B, _>(Cursor::new(bytes)).map_err(|error| {
        if is_locked(&error) {
            ExtractError::Encrypted
        } else {
            damaged(&error)
        }
    })
}

/// One cell after the other: what a sheet says of its size takes no memory.
fn of_cells(
    mut book: Xlsx<Content<'_>>,
    max_sheets: u32,
    written: &mut Written,
) -> Result<u32, ExtractError> {
    let names = book.sheet_names();
    for (index, name) in names.iter().enumerate() {
        if number(index) >= max_sheets || written.is_full() {
            written.cut();
            break;
        }
        let mut cells = match book.worksheet_cells_reader(name) {
            Ok(cells) => cells,
            // A sheet that is a chart.
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => return Err(damaged(&error)),
        };
        let mut sheet = Sheet::new(name, written);
        while let Some(cell) = cells.next_cell().map_err(|error| damaged(&error))? {
            let value = Data::from(cell.get_value().clone());
            sheet.cell(cell.get_position(), &value);
            if sheet.written.is_full() {
                break;
            }
        }
        sheet.end_row();
    }
    Ok(number(names.len()))
}

fn of_ranges<'a, B>(
    mut book: B,
    max_sheets: u32,
    written: &mut Written,
) -> Result<u32, ExtractError>
where
    B: Reader<Content<'a>>,
    B::Error: Display,
{
    let names = book.sheet_names();
    for (index, name) in names.iter().enumerate() {
        if number(index) >= max_sheets || written.is_full() {
            written.cut();
            break;
        }
        let range = book.worksheet_range(name);
        let range = range.map_err(|error| damaged(&error))?;
        let mut sheet = Sheet::new(name, written);
        for (row, column, value) in range.used_cells() {
            sheet.cell((number(row), number(column)), value);
            if sheet.written.is_full() {
                break;
            }
        }
        sheet.end_row();
    }
    Ok(number(names.len()))
}

fn damaged(error: &impl Display) -> ExtractError {
    ExtractError::Damaged(error.to_string())
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A sheet whose cells come row by row.
struct Sheet<'a> {
    /// Nothing once it is written.
    name: &'a str,
    written: &'a mut Written,
    row: u32,
    /// Commas of the line so far: the column of its last value.
    num_commas: u32,
    line: String,
}

impl<'a> Sheet<'a> {
    const fn new(name: &'a str, written: &'a mut Written) -> Self {
        Self {
            name,
            written,
            row: 0,
            num_commas: 0,
            line: String::new(),
        }
    }

    fn cell(&mut self, (row, column): (u32, u32), value: &Data) {
        let value = shown(value);
        if value.is_empty() {
            return;
        }
        if row != self.row {
            self.end_row();
            self.row = row;
        }
        for _ in self.num_commas..column {
            self.line.push(',');
        }
        self.num_commas = column.max(self.num_commas);
        if value.contains(['"', ',', '\n', '\r']) {
            self.line.extend(["\"", &value.replace('"', "\"\""), "\""]);
        } else {
            self.line.push_str(&value);
        }
    }

    fn end_row(&mut self) {
        if self.line.is_empty() {
            return;
        }
        if !self.name.is_empty() {
            self.written.push_block(&format!("## {}\n", self.name));
            self.written.push("\n");
            self.name = "";
        }
        self.written.push_line(&self.line);
        self.line.clear();
        self.num_commas = 0;
    }
}

/// A value as a person would type it.
fn shown(value: &Data) -> String {
    match value {
        Data::DateTime(moment) if moment.is_duration() => duration(moment.as_f64()),
        Data::DateTime(moment) => date(*moment),
        other => other.to_string(),
    }
}

fn duration(days: f64) -> String {
    let Ok(whole) = Duration::try_from_secs_f64((days * DAY_S).round()) else {
        return days.to_string();
    };
    let seconds = whole.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours}:{minutes:02}:{:02}", seconds % 60)
}

fn date(moment: ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    match (moment.as_f64() < 1.0, time.as_str()) {
        // A time of no day.
        (true, _) => time,
        (false, "00:00:00") => date,
        (false, _) => format!("{date} {time}"),
    }
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    #[test]
    fn rows_become_lines_with_as_many_commas_as_there_are_columns_between() {
        let mut written = Written::new(1 << 10);
        let mut sheet = Sheet::new("Rain", &mut written);
        let text = |text: &str| Data::String(text.to_owned());
        sheet.cell((0, 0), &text("day"));
        sheet.cell((0, 1), &text("mm, \"rounded\""));
        sheet.cell((0, 2), &Data::Empty);
        sheet.cell((4, 2), &Data::Float(1.5));
        sheet.cell((5, 0), &Data::Bool(true));
        sheet.cell((5, 3), &Data::Int(7));
        sheet.end_row();
        Sheet::new("Empty", &mut written).end_row();
        let expected = "## Rain\n\nday,\"mm, \"\"rounded\"\"\"\n,,1.5\ntrue,,,7\n";
        assert_eq!(written.into_parts().0, expected);
    }

    #[test]
    fn dates_and_times_are_told_as_people_write_them() {
        let moment = |days: f64, kind: ExcelDateTimeType| {
            shown(&Data::DateTime(ExcelDateTime::new(days, kind, false)))
        };
        assert_eq!(moment(45_943.0, ExcelDateTimeType::DateTime), "2025-10-13");
        let noon = moment(45_943.5, ExcelDateTimeType::DateTime);
        assert_eq!(noon, "2025-10-13 12:00:00");
        assert_eq!(moment(0.25, ExcelDateTimeType::DateTime), "06:00:00");
        assert_eq!(moment(1.5, ExcelDateTimeType::TimeDelta), "36:00:00");
        assert_eq!(moment(-1.0, ExcelDateTimeType::TimeDelta), "-1");
    }
}
