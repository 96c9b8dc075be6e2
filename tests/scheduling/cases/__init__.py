"""Tables of cases for each rule of time, both sides of every boundary: what is given, what is expected.

Many are situations that went wrong elsewhere. `source` names the public issue or change in which that can be read, by project and number; the case is
ours, and so is what we hold to be right. Where there is none, nothing is named.

    cal.com                 github.com/calcom/cal.diy, formerly calcom/cal.com
    Easy!Appointments       github.com/alextselegidis/easyappointments
    LibreBooking            github.com/LibreBooking/librebooking
    Medplum                 github.com/medplum/medplum
    Bahmni appointments     github.com/Bahmni/openmrs-module-appointments
    Bahmni apps             github.com/Bahmni/openmrs-module-bahmniapps
    Cliniko API             github.com/redguava/cliniko-api
    MRBS                    github.com/meeting-room-booking-system/mrbs-code
    OpenEMR                 github.com/openemr/openemr
    Nextcloud Appointments  github.com/SergeyMosin/Appointments
    Seatsurfing             github.com/seatsurfing/seatsurfing
    be-BOP                  github.com/be-BOP-io-SA/be-BOP

The week of the cases is that of Monday, 7 June 2027, in UTC, unless they say otherwise.
"""
