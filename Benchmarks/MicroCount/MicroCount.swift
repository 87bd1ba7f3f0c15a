import CCallgrind
import MicroPieces

/// Runs each piece some times for callgrind, which counts the instructions: a dump for each, whose name
/// begins with how many messages it is of. Names on the command line choose among them.
@main
enum MicroCount {
    private static let runs = 10

    static func main() throws {
        let chosen = Set(CommandLine.arguments.dropFirst())
        for piece in try Piece.all() where chosen.isEmpty || chosen.contains(piece.name) {
            // What is made once, at the first use, is not of the piece.
            for _ in 0..<2 { try piece.run() }
            callgrind_zero()
            for _ in 0..<runs { try piece.run() }
            unsafe callgrind_dump("\(runs * piece.count) \(piece.name)")
        }
    }
}
