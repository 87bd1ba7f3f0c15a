import Testing

@testable import Marketplace

/// The decisions about unfinished listings.
@Suite struct ListingDraftTests {
    private static let performance = PerformanceCopy(
        Fixture.performance(1, at: Fixture.now + .seconds(30 * 86_400), .scheduled).state)

    private func decider(drafts: Drafts = Drafts(), seller: UserState.Status = .active) -> ListingsDecider {
        ListingsDecider(
            users: [
                UserCopy(id: .n(90), status: seller, version: 3), UserCopy(id: .n(91), status: .active, version: 3),
            ],
            listings: [], orders: [], performances: [Self.performance], drafts: drafts)
    }

    private func save(
        _ id: DraftID = .n(7), mayCreate: Bool = true, userVersion: Int64 = 3, performance: UInt64 = 1,
        content: ListingDraft.Content = .init(quantity: 2)
    ) -> ListingsCommand {
        .saveDraft(
            SaveDraft(
                draftId: id, mayCreate: mayCreate, performanceId: .n(performance), performanceVersion: 1,
                content: content, userVersion: userVersion))
    }

    private func list(_ draft: DraftID?) -> ListingsCommand {
        .createListing(
            CreateListing(
                title: "", price: 2500, currency: .usd, quantity: 2, performanceId: .n(1), draftId: draft,
                userVersion: 3))
    }

    @Test func aDraftIsCreatedChangedAndDeleted() {
        var decider = decider()
        #expect(decider.send(save()).isDone)
        #expect(decider.drafts.saved[.n(7)]?.content.quantity == 2)
        #expect(decider.send(save(mayCreate: false, content: .init(quantity: 3))).isDone)
        #expect(decider.drafts.saved[.n(7)]?.content.quantity == 3)
        #expect(decider.send(.deleteDraft(DeleteDraft(draftId: .n(7)))).isDone)
        #expect(decider.drafts.saved.isEmpty && decider.drafts.deleted == [.n(7)])
        #expect(decider.send(save(mayCreate: false)).refusal?.code == .notFound)
    }

    @Test func onlyItsSellerChangesDeletesAndListsADraft() {
        var decider = decider(drafts: Drafts([.n(7): .n(90)]))
        #expect(decider.send(save(), by: .user(.n(91))).refusal?.code == .notFound)
        #expect(decider.send(list(.n(7)), by: .user(.n(91))).refusal?.code == .notFound)
        #expect(decider.send(.deleteDraft(DeleteDraft(draftId: .n(7))), by: .user(.n(91))).isDone)
        #expect(decider.drafts.saved.isEmpty && decider.drafts.deleted.isEmpty)
        #expect(decider.send(save(), by: .nobody).refusal?.code == .forbidden)
    }

    @Test func aDraftIsListedOnce() {
        var decider = decider(drafts: Drafts([.n(7): .n(90)]))
        #expect(decider.send(list(.n(7))).refusal == nil)
        #expect(decider.insertedListings.count == 1 && decider.drafts.deleted == [.n(7)])
        let again = decider.decide(.command(Fixture.head(51, by: .user(.n(90))), list(.n(7))), now: Fixture.now)
        #expect(again.refusal?.code == .notFound)
        #expect(decider.insertedListings.count == 1)
    }

    @Test func aSellerHasALimitedNumberOfDrafts() {
        var decider = decider(drafts: Drafts(counts: [.n(90): ListingDraft.limit - 1]))
        #expect(decider.send(save(.n(7))).isDone)
        #expect(decider.send(save(.n(8))).refusal?.code == .conflict)
        // A draft that exists can still be changed, and another seller is not affected.
        #expect(decider.send(save(.n(7), content: .init(quantity: 5))).isDone)
        #expect(decider.send(save(.n(9)), by: .user(.n(91))).isDone)
        #expect(decider.send(.deleteDraft(DeleteDraft(draftId: .n(7)))).isDone)
        #expect(decider.send(save(.n(8))).isDone)
    }

    @Test func faultsOfTheContentAreRefused() {
        var decider = decider()
        let contents: [(ListingDraft.Content, String)] = [
            (.init(quantity: 0), "quantity"), (.init(section: "", quantity: 1), "section"),
            (.init(quantity: 3, splitRule: .pairs), "splitRule"),
            (.init(quantity: 1, note: "write to me@example.com"), "note"),
            (.init(seats: ["1", "2"], quantity: 2), "section"),
            (.init(section: "C", row: "1", seats: ["1", "4"], quantity: 2), "seats"),
            (.init(section: "C", row: "1", seats: ["1", "2"], quantity: 3), "quantity"),
            (.init(quantity: 1, price: 0, currency: .usd), "price"),
            (.init(quantity: 1, price: 100, currency: .usd, faceValue: 0), "faceValue"),
        ]
        for (content, field) in contents {
            #expect(decider.send(save(content: content)).refusal?.field == field, "\(field)")
        }
        #expect(decider.drafts.saved.isEmpty)
    }

    @Test func outdatedCopiesDeferADraft() {
        var decider = decider()
        #expect(decider.send(save(userVersion: 4)).isDeferred)
        #expect(decider.send(save(performance: 2)).isDeferred)
        var banned = self.decider(seller: .banned)
        #expect(banned.send(save()).refusal?.code == .banned)
    }
}
