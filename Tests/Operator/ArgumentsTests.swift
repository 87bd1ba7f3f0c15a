import ArgumentParser
import Marketplace
import Streams
import Testing

@testable import Operator

struct ArgumentsTests {
    @Test func `commands are parsed`() throws {
        let retry = try #require(
            try GitTix.parseAsRoot(["dead", "retry", "orders", "17-1"]) as? DeadLetterCommands.Retry)
        #expect(retry.service == .orders)
        #expect(retry.id == StreamID(milliseconds: 17, sequence: 1))
        let list = try #require(try GitTix.parseAsRoot(["dead", "list"]) as? DeadLetterCommands.List)
        #expect(list.service == nil)
        #expect(try #require(try GitTix.parseAsRoot(["queues", "--json"]) as? QueuesCommand).json)
    }

    @Test(arguments: [
        (["dead", "list", "order"], "users, tickets, orders, payments, expiration"),
        (["dead", "show", "orders", "17"], "1795357675061-0"),
        (["dead", "retry", "orders"], "--all"),
        (["dead", "retry", "orders", "17-0", "--all"], "--all"),
        (["dead", "list", "--limit", "0"], "from 1 to 10000"),
    ])
    func `an error is one line that says what is right`(words: [String], hint: String) throws {
        let error = #expect(throws: (any Error).self) { _ = try GitTix.parseAsRoot(words) }
        let message = GitTix.message(for: try #require(error))
        #expect(message.contains(hint), "\(message)")
        #expect(!message.contains("\n"), "\(message)")
    }
}
