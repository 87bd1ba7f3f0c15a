import Marketplace

/// The texts on the pages for the reasons of reports and of removed listings.
enum ReportText {
    static func of(_ reason: ListingReport.Reason) -> String {
        switch reason {
        case .scam: "Fake tickets or a scam"
        case .wrongDetails: "The details are wrong"
        case .contactDetails: "Contact or payment details in the listing"
        case .offensive: "Offensive content"
        case .other: "Something else"
        }
    }

    /// The reason why a listing was removed, as a sentence for its seller.
    static func of(_ reason: TakeDown.Reason) -> String {
        switch reason {
        case .scam: "We couldn't confirm that these tickets are real and yours."
        case .wrongDetails: "The details of the listing are wrong."
        case .contactDetails: "The listing has contact or payment details."
        case .offensive: "The listing has offensive content."
        case .notAllowed: "These tickets may not be resold."
        default: "The listing doesn't follow our rules."
        }
    }

    /// The choices of an admin who takes a listing down.
    static func choice(_ reason: TakeDown.Reason) -> String {
        switch reason {
        case .scam: "Fake tickets or a scam"
        case .wrongDetails: "Wrong details"
        case .contactDetails: "Contact or payment details"
        case .offensive: "Offensive content"
        case .notAllowed: "May not be resold"
        case .other: "Other"
        default: reason.rawValue
        }
    }
}
