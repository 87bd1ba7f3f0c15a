import HTTPTypes
import Marketplace
import Services

/// Runs the import of an upload by commands to the catalogue's workers.
struct ImportSender: Sendable {
    let gateway: CommandGateway
    let catalogue: CatalogueReads

    /// Imports the rows, or finds out what an import would do. An import is safe to repeat, so a client that gets an
    /// error can send the upload again.
    ///
    /// - Throws: ``Problem`` if one of the commands is refused or not answered in time. The rows of earlier commands
    ///   are imported then, and those of this command may be.
    func run(
        _ input: ImportInput, _ curator: Curator, _ context: APIContext
    ) async throws -> CatalogueImportReport {
        let run = CatalogueImportRun(source: catalogue.importing(input.source), file: try input.file())
        guard input.execute else { return try await run.plan() }
        return try await run.execute(version: curator.version) { command in
            let request = CommandRequest(
                id: .new(), actor: curator.actor, trace: context.trace, preference: Preference([:]))
            let response = try await gateway.send(command, to: .catalogue, as: request)
            guard let reply: ImportReply = try response.decodeResult() else {
                throw Problem.unavailable("the catalogue is slow, and not all rows were imported: send them again")
            }
            return reply
        }
    }
}
