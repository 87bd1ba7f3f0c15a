import Marketplace

enum VerdictKind: Hashable {
    case done, refused(Refusal.Code), putOff, answeredLater

    init(_ verdict: Verdict) {
        self =
            switch verdict {
            case .done: .done
            case .refused(let refusal): .refused(refusal.code)
            case .putOff: .putOff
            case .answeredLater: .answeredLater
            }
    }
}
