use fisherproof::kernel::domain::*;
use fisherproof::kernel::normal::Normalizer;
use fisherproof::kernel::term::Name;
use fisherproof::model::read_term;
fn main() {
    let mut context = Context::default();
    context.domains.insert(Name::new("a"), Domain::positive());
    let support = Support::Product { coordinates: vec![(Name::new("t"), Domain::positive())], inequalities: vec![] };
    let n = Normalizer::on_support(&context, &support);
    for arg in std::env::args().skip(1) {
        let t = read_term(&arg).expect("term");
        match n.normalize(&t) {
            Ok(p) => {
                println!("{arg}\n   = {}\n   ~ {:?}", p.to_term(), n.canonical(&p).map(|p| p.to_term().to_string()))
            }
            Err(e) => println!("{arg}: {e}"),
        }
    }
}
