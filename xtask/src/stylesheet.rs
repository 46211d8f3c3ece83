//! Bundles `style/main.css` and everything it imports into one minified file.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};

/// The bundled text of `entry`.
///
/// # Errors
/// What is wrong, with the file and the line.
pub(crate) fn bundle(entry: &Path) -> Result<String> {
    let provider = FileProvider::new();
    let mut bundler = Bundler::new(&provider, None, ParserOptions::default());
    // The errors borrow from the bundler, so they become text here.
    let mut sheet = bundler
        .bundle(entry)
        .map_err(|error| anyhow!("stylesheet: {error}"))?;
    sheet
        .minify(MinifyOptions::default())
        .map_err(|error| anyhow!("stylesheet: {error}"))?;
    let options = PrinterOptions {
        minify: true,
        ..PrinterOptions::default()
    };
    let css = sheet
        .to_css(options)
        .map_err(|error| anyhow!("stylesheet: {error}"))?;
    Ok(css.code)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_import_is_bundled_and_minified() {
        let directory = std::env::temp_dir().join(format!("hearth-css-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("part.css"), ".composer { color: #ff0000; }").unwrap();
        fs::write(directory.join("main.css"), "@import './part.css';\n").unwrap();
        let css = bundle(&directory.join("main.css"));
        fs::remove_dir_all(&directory).unwrap();
        assert_eq!(css.unwrap().trim(), ".composer{color:red}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = bundle(Path::new("no-such.css")).unwrap_err().to_string();
        assert!(error.starts_with("stylesheet: "), "{error}");
    }
}
