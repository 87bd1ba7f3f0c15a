/// A batch that is being handled or settled.
struct InFlightBatch {
    let batch: Batch
    /// The handler's task, once it has started.
    var work: Task<[EntryOutcome], any Error>?
    /// The entries that other consumers have taken.
    var taken: [StreamSource: Set<StreamID>] = [:]
    /// True once it has outcomes. It may not be settled yet.
    var isHandled = false
}
