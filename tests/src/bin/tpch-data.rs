//! The tables of TPC-H as CSV files: `tpch-data FOLDER SCALE` writes FOLDER/TABLE.csv, each with a header.

use std::{
    fmt::Display,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use tpchgen::{
    csv::{CustomerCsv, LineItemCsv, NationCsv, OrderCsv, PartCsv, PartSuppCsv, RegionCsv, SupplierCsv},
    generators::{
        CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
        RegionGenerator, SupplierGenerator,
    },
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: tpch-data FOLDER SCALE")?;
    let scale: f64 = arguments.next().ok_or("usage: tpch-data FOLDER SCALE")?.parse()?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let nations = NationGenerator::default();
    write(folder, "nation", NationCsv::header(), nations.iter().map(NationCsv::new))?;
    let regions = RegionGenerator::default();
    write(folder, "region", RegionCsv::header(), regions.iter().map(RegionCsv::new))?;
    let parts = PartGenerator::new(scale, 1, 1);
    write(folder, "part", PartCsv::header(), parts.iter().map(PartCsv::new))?;
    let suppliers = SupplierGenerator::new(scale, 1, 1);
    write(folder, "supplier", SupplierCsv::header(), suppliers.iter().map(SupplierCsv::new))?;
    let supplied_parts = PartSuppGenerator::new(scale, 1, 1);
    write(folder, "partsupp", PartSuppCsv::header(), supplied_parts.iter().map(PartSuppCsv::new))?;
    let customers = CustomerGenerator::new(scale, 1, 1);
    write(folder, "customer", CustomerCsv::header(), customers.iter().map(CustomerCsv::new))?;
    let orders = OrderGenerator::new(scale, 1, 1);
    write(folder, "orders", OrderCsv::header(), orders.iter().map(OrderCsv::new))?;
    let items = LineItemGenerator::new(scale, 1, 1);
    write(folder, "lineitem", LineItemCsv::header(), items.iter().map(LineItemCsv::new))?;
    Ok(())
}

fn write<R: Display>(
    folder: &Path,
    table: &str,
    header: &str,
    rows: impl Iterator<Item = R>,
) -> Result<(), std::io::Error> {
    let mut file = BufWriter::new(File::create(folder.join(format!("{table}.csv")))?);
    writeln!(file, "{header}")?;
    for row in rows {
        writeln!(file, "{row}")?;
    }
    file.flush()
}
