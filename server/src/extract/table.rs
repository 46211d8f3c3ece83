//! Tables of documents and pages, as Markdown.

/// Columns that a row has at most: a wider one is a mistake, or a trap.
const MAX_COLUMNS: usize = 256;

/// Rows of cells, in the order in which they come.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    row: Vec<String>,
    /// Where text goes, between the beginning of a cell and its end.
    pub(super) cell: String,
}

impl Table {
    /// Ends a paragraph of a cell: cells have one line.
    pub(super) fn end_line(&mut self) {
        if !self.cell.is_empty() && !self.cell.ends_with("<br>") {
            self.cell.push_str("<br>");
        }
    }

    /// Ends a cell that is as wide as `num_columns`.
    pub(super) fn end_cell(&mut self, num_columns: usize) {
        let cell = std::mem::take(&mut self.cell);
        let mut text = cell.trim();
        while let Some(rest) = text.strip_suffix("<br>") {
            text = rest.trim_end();
        }
        let cell = text.replace('|', "\\|").replace('\n', " ");
        if self.row.len() < MAX_COLUMNS {
            self.row.push(cell);
        }
        let width = self.row.len().saturating_add(num_columns.saturating_sub(1));
        self.row.resize(width.min(MAX_COLUMNS), String::new());
    }

    pub(super) fn end_row(&mut self) {
        if !self.cell.trim().is_empty() {
            self.end_cell(1);
        }
        if !self.row.is_empty() {
            self.rows.push(std::mem::take(&mut self.row));
        }
    }

    /// The table, its first row as its head. A single cell is a frame around a text.
    pub(super) fn into_markdown(mut self) -> String {
        self.end_row();
        let width = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        if let ([row], 1) = (self.rows.as_slice(), width) {
            return row.concat().replace("<br>", "\n");
        }
        let mut markdown = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            markdown.push('|');
            for column in 0..width {
                let cell = row.get(column).map_or("", String::as_str);
                markdown.extend([" ", cell, " |"]);
            }
            markdown.push('\n');
            if number == 0 {
                markdown.extend(["|", &" --- |".repeat(width), "\n"]);
            }
        }
        markdown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_any_length_make_a_table_and_one_cell_makes_none() {
        let mut table = Table::default();
        for row in [&["Name", "a|b"][..], &["one"], &["two\nlines", "x", "y"]] {
            for cell in row {
                table.cell.push_str(cell);
                table.end_cell(1);
            }
            table.end_row();
        }
        let expected = "| Name | a\\|b |  |\n| --- | --- | --- |\n| one |  |  |\n\
                        | two lines | x | y |\n";
        assert_eq!(table.into_markdown(), expected);
        let mut frame = Table::default();
        frame.cell.push_str("a note");
        frame.end_line();
        frame.cell.push_str("of two lines");
        assert_eq!(frame.into_markdown(), "a note\nof two lines");
    }

    #[test]
    fn a_cell_of_many_columns_keeps_to_the_limit() {
        let mut table = Table::default();
        table.cell.push('a');
        table.end_cell(usize::MAX);
        table.cell.push('b');
        table.end_cell(2);
        table.end_row();
        let markdown = table.into_markdown();
        let head = markdown.lines().next().unwrap();
        assert_eq!(head.split(" |").count(), MAX_COLUMNS + 1);
    }
}
