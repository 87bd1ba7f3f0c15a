/// The drafts that a batch refers to, and their changes.
public struct Drafts: Sendable {
    /// The seller of each draft.
    private var sellers: [DraftID: UserID]
    private var counts: [UserID: Int]
    /// The new and changed drafts.
    public private(set) var saved: [DraftID: ListingDraft] = [:]
    public private(set) var deleted: Set<DraftID> = []

    /// - Parameters:
    ///   - sellers: The sellers of the drafts that the commands name.
    ///   - counts: The number of drafts of each seller who saves one, or ``ListingDraft/limit`` if it is greater.
    public init(_ sellers: [DraftID: UserID] = [:], counts: [UserID: Int] = [:]) {
        self.sellers = sellers
        self.counts = counts
    }

    func seller(of id: DraftID) -> UserID? { sellers[id] }

    func mayAdd(for seller: UserID) -> Bool { counts[seller, default: 0] < ListingDraft.limit }

    mutating func save(_ draft: ListingDraft) {
        if sellers.updateValue(draft.sellerId, forKey: draft.id) == nil { counts[draft.sellerId, default: 0] += 1 }
        saved[draft.id] = draft
        deleted.remove(draft.id)
    }

    mutating func delete(_ id: DraftID) {
        guard let seller = sellers.removeValue(forKey: id) else { return }
        counts[seller, default: 0] -= 1
        saved[id] = nil
        deleted.insert(id)
    }
}

extension ListingsDecider {
    /// Checks the values like those of a new listing, so that the seller learns of a fault in the step where it is.
    /// Rules about other listings are checked when the draft is listed.
    mutating func saveDraft(_ head: CommandHead, _ command: SaveDraft, now: Timestamp) -> Decision {
        guard let seller = head.actor.userID else { return .refused(.forbidden, "Sign in to sell.") }
        if let refused = refusal(ofSeller: seller, atLeast: command.userVersion) { return refused }
        guard let performance = performances[command.performanceId],
            performance.version >= command.performanceVersion ?? 1
        else { return .deferred("the copy of the performance is behind") }
        if let refusal = performance.refusal(toSeller: seller, now: now) { return .refused(refusal) }
        if let owner = drafts.seller(of: command.draftId) {
            guard owner == seller else { return Self.noDraft }
        } else {
            guard command.mayCreate else { return Self.noDraft }
            guard drafts.mayAdd(for: seller) else {
                return .refused(
                    .conflict,
                    "You can have at most \(ListingDraft.limit) unfinished listings. Finish or delete one of them.")
            }
        }
        if let refused = refusal(of: command.content, by: seller, performance, now: now) { return refused }
        drafts.save(
            ListingDraft(
                id: command.draftId, sellerId: seller, performanceId: command.performanceId,
                content: command.content, updatedAt: now))
        return .done
    }

    mutating func deleteDraft(_ head: CommandHead, _ command: DeleteDraft) -> Decision {
        guard let seller = head.actor.userID else { return .refused(.forbidden, "Sign in to sell.") }
        if drafts.seller(of: command.draftId) == seller { drafts.delete(command.draftId) }
        return .done
    }

    static let noDraft = Decision.refused(.notFound, "This unfinished listing is gone: you listed it or deleted it.")

    private func refusal(
        of content: ListingDraft.Content, by seller: UserID, _ performance: PerformanceCopy, now: Timestamp
    ) -> Decision? {
        let currency = content.currency ?? .usd
        var state = ListingState(
            id: ListingID(performance.id.uuid), sellerId: seller, title: performance.title, price: content.price ?? 1,
            currency: currency, quantity: content.quantity, splitRule: content.splitRule?.unlessAny,
            seats: content.seats?.map { Seat(name: $0, sale: 1) }, details: content.details, withdrawn: false,
            version: 1, createdAt: now, updatedAt: now)
        state.take(performance)
        if let refused = Self.refusal(of: state) { return refused }
        if content.price != nil {
            let create = CreateListing(
                title: state.title, price: state.price, currency: currency, faceValue: content.faceValue,
                quantity: state.quantity, details: state.details, userVersion: 1)
            if let refused = setPrice(of: &state, create, performance, now: now) { return refused }
        }
        return Self.refusal(ofSeats: state) ?? Self.refusal(ofContacts: state) ?? refusal(ofSplit: state)
    }
}
