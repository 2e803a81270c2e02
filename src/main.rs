fn main() {
    fisherproof::cas::startup();
}
